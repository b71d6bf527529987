"""The image-classification algorithm: a program on SageMaker's container contract (`train` and `serve`)."""

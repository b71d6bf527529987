"""The library behind the commands: data set, training job, captures, evaluation, settings.

It speaks to AWS through boto3 alone and does not know whether that is an account or local AWS.
"""

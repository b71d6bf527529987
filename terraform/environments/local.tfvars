# Local AWS: lives and dies with `make up` and `make down`.
environment = "local"
region      = "us-east-1"

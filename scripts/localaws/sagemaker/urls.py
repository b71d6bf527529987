"""SageMaker's routes; moto finds this module next to the backend's (see models.py)."""

from moto.sagemaker.urls import url_bases

from .responses import LiveSageMakerResponse

__all__ = ["url_bases", "url_paths"]

url_paths = {"{0}/$": LiveSageMakerResponse.dispatch}

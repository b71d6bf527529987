from unit.labelling.fixtures import endpoint_url, new_review, review

__all__ = ["endpoint_url", "new_review", "review"]

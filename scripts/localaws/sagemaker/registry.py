"""The model registry: moto's, and what it lacks: deletion, partial updates, tags of every resource.

Real: versions are never reused, a group with packages is not deleted, every given field comes back. Not
real: validation of a package, resource policies, access from other accounts.
"""

from __future__ import annotations

from typing import Any

from moto.sagemaker.exceptions import ConflictException, ValidationError
from moto.sagemaker.models import ModelPackage, SageMakerModelBackend

# An unset field of UpdateModelPackage leaves what is there
UPDATED_AS_GIVEN = {
    "ModelApprovalStatus": "model_approval_status",
    "ApprovalDescription": "approval_description",
    "InferenceSpecification": "inference_specification",
}


class Registry(SageMakerModelBackend):
    """The backend's part that keeps model packages and tags."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._last_versions: dict[str, int] = {}

    def create_model_package_group(self, model_package_group_name: str, *args: Any, **kwargs: Any) -> str:
        if group := self.model_package_groups.get(model_package_group_name):
            raise ValidationError(f"Model Package Group already exists: {group.arn}")
        return super().create_model_package_group(model_package_group_name, *args, **kwargs)

    def describe_model_package_group(self, model_package_group_name: str) -> Any:
        return super().describe_model_package_group(model_package_group_name.rpartition("/")[2])

    def delete_model_package_group(self, name: str) -> None:
        group = self.describe_model_package_group(name)
        if self._packages_of(group.model_package_group_name):
            raise ConflictException(
                f"Model Package Group {group.arn} cannot be deleted since it still contains Model Packages"
            )
        del self.model_package_groups[group.model_package_group_name]
        self._last_versions.pop(group.model_package_group_name, None)

    def create_model_package(self, **request: Any) -> str:  # type: ignore[override]
        """moto numbers a version by counting those that are left; here a number is never given twice."""
        request["tags"] = request.get("tags") or []
        if request["model_package_name"] or not request["model_package_group_name"]:
            return super().create_model_package(**request)
        group = self.describe_model_package_group(
            request["model_package_group_name"]
        ).model_package_group_name
        self._last_versions[group] = version = self._last_versions.get(group, 0) + 1
        package = ModelPackage(
            **{**request, "model_package_name": group, "model_package_group_name": group},
            model_package_version=version,
            model_package_type="Versioned",
            approval_description=None,
            region_name=self.region_name,
            account_id=self.account_id,
        )
        self.model_packages[package.arn] = package
        self.model_package_name_mapping[package.arn] = package.arn
        return package.arn

    def update_package(self, request: dict[str, Any]) -> str:
        """UpdateModelPackage."""
        package = self.describe_model_package(request["ModelPackageArn"])
        for field, attribute in UPDATED_AS_GIVEN.items():
            if field in request:
                setattr(package, attribute, request[field])
        properties = {**(package.customer_metadata_properties or {})}
        properties.update(request.get("CustomerMetadataProperties") or {})
        for name in request.get("CustomerMetadataPropertiesToRemove") or []:
            properties.pop(name, None)
        package.customer_metadata_properties = properties or None
        package.add_additional_inference_specifications(request.get("AdditionalInferenceSpecificationsToAdd"))
        package.modifications_done()
        return package.arn

    def delete_model_package(self, name: str) -> None:
        package = self.describe_model_package(name)
        del self.model_packages[package.arn]
        for key in [key for key, arn in self.model_package_name_mapping.items() if arn == package.arn]:
            del self.model_package_name_mapping[key]

    def packaged_container(self, name: str) -> dict[str, Any]:
        """The container that a package's inference specification names. Raises ValidationError."""
        containers = (self.describe_model_package(name).inference_specification or {}).get("Containers") or []
        if len(containers) != 1:
            raise ValidationError(f"Model package {name} must have one container to be served by local AWS.")
        container: dict[str, Any] = containers[0]
        return container

    def add_tags(self, arn: str, tags: list[dict[str, str]]) -> list[dict[str, str]]:
        resource = self._get_resource_from_arn(arn)
        new = {tag["Key"] for tag in tags}
        resource.tags = [tag for tag in resource.tags or [] if tag["Key"] not in new] + tags
        return list(resource.tags)

    def _get_resource_from_arn(self, arn: str) -> Any:
        kind, _, name = arn.rpartition(":")[2].partition("/")
        resource = (
            self.model_packages.get(arn) if kind == "model-package" else super()._get_resource_from_arn(arn)
        )
        if resource is None:
            raise ValidationError(f"Could not find {kind} with name {name}")
        return resource

    def _packages_of(self, group: str) -> list[ModelPackage]:
        return [
            package for package in self.model_packages.values() if package.model_package_group_name == group
        ]

# How answers are judged. The model brings what was chosen with it; the environment's variables may say otherwise.
locals {
  class_names = coalesce(var.class_names, var.model.class_names, tolist(["bicycle", "motorcycle"]))

  confidence_threshold = coalesce(var.confidence_threshold, var.model.confidence_threshold, 0.93)

  # A model without a limit of its own gives no score.
  out_of_domain_limit = try(coalesce(var.out_of_domain_limit, var.model.out_of_domain_limit), null)

  loading_bays = coalesce(var.loading_bays, tomap({ for index, name in local.class_names : name => "bay-${index + 1}" }))
}

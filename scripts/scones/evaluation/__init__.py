"""How good a model is: choosing its thresholds on validation, and measuring what is deployed on test."""

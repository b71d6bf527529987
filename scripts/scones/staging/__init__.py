"""Extract, transform and load: from an archive of CIFAR-100 to pictures and lists in the data bucket."""

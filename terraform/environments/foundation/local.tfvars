# Everything here can be made again in a minute.
force_destroy_data          = true
key_deletion_window_in_days = 7

# Its state is a file that goes when local AWS goes.
state_bucket = false

# No data_retention: nothing grows old here, and the provider waits 55 s for a lifecycle configuration to settle.

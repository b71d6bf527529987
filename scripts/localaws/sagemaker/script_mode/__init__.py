"""AWS's PyTorch containers, `pytorch-training` and `pytorch-inference`, whose program is the user's own.

Both files here are programs, run by path in a process of their own, so that nothing of local AWS, nor of the
checkout it runs from, can be imported by the user's program. Real: training runs under AWS's own
sagemaker-training toolkit where it is installed, else on the same contract; serving calls the functions of
inference.py as AWS's sagemaker-inference toolkit does. Not real: the versions of Python and PyTorch, which
are this environment's; a requirements.txt is checked against it, never installed; one process answers all
requests; a stop reaches the program as SIGTERM, which AWS's containers do not pass on to it.
"""

"""The review of a saved plan: what it does, in words of this workflow, for whoever has to agree to it.

Everything here is a pure core: a plan's JSON goes in, findings and Markdown come out. Nothing asks AWS.
"""

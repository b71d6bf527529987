"""People label the pictures that the model was not sure about: the queue, the labels, two interfaces.

messages   what a message of the review queue says
claims     who looks at which message: claimed, kept, given back, removed
looking    a message with its picture, or why there is none to look at
labels     one label a picture, in S3
session    what one person does, one picture after the other; all the order of steps that loses nothing
listing    what waits, without deciding anything
keys       which key is which class
terminal   a person at a terminal
web        a person at a browser
"""

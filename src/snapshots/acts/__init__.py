"""What a person can have done here, each act once, for every door.

Long acts run as durable jobs; the others answer at once. One module for each sort of act, so that a
command loads no more of the house than it uses.
"""

"""From recordings of any number and length to what a network makes of them.

``sounds`` reads ahead of the network, ``windows`` cuts what is too long to be heard at once, ``batches`` puts
like lengths together, ``hearing`` runs the network, ``order`` hands everything on and gives it back in order.
"""

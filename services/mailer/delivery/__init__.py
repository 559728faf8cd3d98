"""The delivery worker: claim, may we, prepare, hand over, mark, dot, settle; and the follower that keeps the send lease."""

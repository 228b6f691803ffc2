"""Runs of other systems: embeddings, similarities or pairs that they left, made into a run folder.

layouts  which system left the files, and which file is what
reading  one file of embeddings or weights → array, and the ids of its rows
sparse   the same of sparse matrices
tables   tables of pairs → pairs
rows     rows of a file → entities of the data set
given    all files together
scored   pairs and similarities → each query's candidates
fusing   embeddings of modalities, and how they make up the fused one
split    which links the system trained on, and which measure it
writing  what came → run folder
adopt    the whole way
live     the same from a training loop, epoch by epoch
"""

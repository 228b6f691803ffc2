"""Rules beside learning: which entities are the same, judged by their neighbours and the relations to them."""

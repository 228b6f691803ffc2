"""Review: what an annotator is asked, what is done with the answer, and what it is worth.

Verdicts belong to the data (its fingerprint) and live in `app.store`. No Streamlit here. Whoever changes something
is a `User`, and is asked for the role first. In reading order:

    queue.py              ReviewFilter, Queue: queries in an order, a random audit and gold probes mixed in
    desk.py               what somebody has judged, and what they are handed next
    card.py               a query with its candidates, and the deal that the store keeps of it
    sources.py            what a deck asks: pairs, groups, conflicts
    faces.py              what the browser is sent of a card
    message.py            what the browser sends
    deck.py               the server's half of a deck: takes answers, deals cards
    verdicts.py           what becomes of an answer, and of taking one back
    search.py             one whole graph by name, type and value
    chance.py             probability that a first candidate is right
    compare.py            attributes of two entities: numbers, dates, text
    usual.py              attributes and types that differ among true pairs, by the training links
    linked.py             neighbours of two entities that are matched already
    history.py            one's own verdicts, many taken back or changed at once; verdicts in bulk
    groups.py             several queries that claim one entity, judged together
    consensus.py          what all annotators together say of a query
    adjudication.py       conflicts between annotators, and decisions on them
    settling.py           verdicts that contradict each other across pairs
    agreement.py          Cohen's κ and Krippendorff's α with bootstrap intervals
    annotators.py         pace, agreement and probes of each annotator
    probes.py             queries whose counterpart is known
    precision.py          precision of a run, from the audit, without bias
    transfer.py           verdicts as files
    importing.py          files as verdicts
    harvest.py            which verdicts a training can use, and which not
    continue_training.py  verdicts as seed links and hard negatives of a training
"""

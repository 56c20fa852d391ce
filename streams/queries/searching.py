"""Find streams by words: as they stand, by their stems, and by words that only look like them."""

from functools import reduce
from operator import and_

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from streams.models import Stream

#: From here on a word is taken for a mistyped one; ``pg_trgm`` itself would ask for 0.6 and miss exchanged letters.
ALIKE = 0.45
#: Words that are compared by their letters; shorter ones look like everything.
MOST_WORDS, SHORTEST_WORD = 6, 3
COLUMNS = ("title", "summary", "search_text")


def search(streams: QuerySet[Stream], words: str) -> dict[int, float]:
    """Return the rank of each stream in which all of ``words`` occur in some form, or that string as it is."""
    query = SearchQuery(words, search_type="websearch", config="english")
    # Stemming finds "experiments" for "experiment", the plain string finds the beginning of a word.
    found = streams.filter(Q(search_vector=query) | Q(title__icontains=words) | Q(search_text__icontains=words))
    return dict(found.annotate(rank=SearchRank(F("search_vector"), query)).values_list("pk", "rank"))


def search_alike(streams: QuerySet[Stream], words: str) -> dict[int, float]:
    """Return the rank of each stream that has a word like each of ``words``: for what was mistyped."""
    typed = [word for word in words.split() if len(word) >= SHORTEST_WORD][:MOST_WORDS]
    if not typed:
        return {}
    alike = (Q(*[(f"{name}__trigram_word_similar", word) for name in COLUMNS], _connector=Q.OR) for word in typed)
    # A word of the title counts twice: what a stream is called says most of what it is about.
    likeness = [
        Greatest(*[TrigramWordSimilarity(word, name) for name in COLUMNS]) + TrigramWordSimilarity(word, "title")
        for word in typed
    ]
    found = streams.filter(reduce(and_, alike)).order_by().annotate(rank=sum(likeness[1:], start=likeness[0]))
    with transaction.atomic():
        # For this transaction alone: the operator that the index knows takes its limit from here.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(ALIKE)])
        return dict(found.values_list("pk", "rank"))

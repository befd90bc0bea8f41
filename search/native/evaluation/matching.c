/* Evaluates a query over one segment: which articles match, and their scores.

   The articles are looked at window by window. Within one, what each part of the query matches is a short list of
   articles with a score for each, in arrays that stay in the processor's cache; the work is in proportion to the
   postings, not to the articles. This is how Lucene's BooleanScorer takes a disjunction, for all kinds of nodes. */

#include "matching.h"

#define FEW 24 /* of so few articles, each is looked up in the next posting lists */

static void take_all(const Query *query, const Array *mask, const Matches *except, Matches *own) {
    const uint8_t *chosen = mask ? mask->view.buf : NULL;
    uint32_t size = query->stop - query->first;
    for (uint32_t index = 0; index < size; index++) {
        int matches = (!chosen || chosen[query->first + index]) && (!except || !except->mark[index]);
        own->found[own->count] = (uint16_t)index;
        own->count += matches;
        own->mark[index] = (uint16_t)matches;
    }
}

/* Keeps what a mask, or another node's matches, have (`wanted` 1) or have not (0). */
static void keep(const Query *query, Matches *own, const Array *mask, const Matches *other, int wanted) {
    const uint8_t *chosen = mask ? mask->view.buf : NULL;
    Py_ssize_t kept = 0;
    for (Py_ssize_t at = 0; at < own->count; at++) {
        uint16_t index = own->found[at];
        int has = chosen ? chosen[query->first + index] != 0 : other->mark[index] != 0;
        if (has == wanted) {
            own->found[kept++] = index;
        } else {
            own->mark[index] = 0;
            own->score[index] = 0.0;
        }
    }
    own->count = kept;
}

static void evaluate(Query *query, int32_t at, int depth, int scored);

static void evaluate_every(Query *query, int32_t at, int depth, int scored) {
    Matches *own = &query->level[depth], *other = &query->level[depth + 1];
    int32_t children = query->nodes[at].children, child = at + 1;
    if (!children) {
        take_all(query, NULL, NULL, own);
        return;
    }
    evaluate(query, child, depth, scored);
    for (int32_t number = 1; number < children && own->count; number++) {
        child += query->spans[child];
        const Node *node = &query->nodes[child];
        if (node->kind == MASK) {
            keep(query, own, &query->masks[node->number], NULL, 1);
            continue;
        }
        if (node->kind == NOT) {
            evaluate(query, child + 1, depth + 1, 0);
            keep(query, own, NULL, other, 0);
            clear_matches(other);
            continue;
        }
        if (node->kind == LEAF && own->count <= FEW)
            look_up_leaf(query, &query->leaves[node->number], own, other, scored);
        else
            evaluate(query, child, depth + 1, scored);
        keep(query, own, NULL, other, 1);
        if (scored)
            for (Py_ssize_t item = 0; item < own->count; item++)
                own->score[own->found[item]] += other->score[own->found[item]];
        clear_matches(other);
    }
}

static void evaluate_any(Query *query, int32_t at, int depth, int scored) {
    Matches *own = &query->level[depth], *other = &query->level[depth + 1];
    const Node *node = &query->nodes[at];
    int32_t child = at + 1;
    for (int32_t number = 0; number < node->children; number++, child += query->spans[child]) {
        if (!number) {
            evaluate(query, child, depth, scored);
            continue;
        }
        evaluate(query, child, depth + 1, scored);
        for (Py_ssize_t item = 0; item < other->count; item++) {
            uint16_t index = other->found[item];
            double score = other->score[index], before = own->score[index];
            own->found[own->count] = index;
            own->count += !own->mark[index];
            own->mark[index]++;
            own->score[index] = node->kind == BEST ? (score > before ? score : before) : before + score;
        }
        clear_matches(other);
    }
    int least = node->kind == ANY && node->least > 1 ? node->least : 1;
    Py_ssize_t kept = 0;
    for (Py_ssize_t item = 0; item < own->count; item++) {
        uint16_t index = own->found[item];
        int matches = own->mark[index] >= least;
        own->mark[index] = (uint16_t)matches;
        if (!matches)
            own->score[index] = 0.0;
        own->found[kept] = index;
        kept += matches;
    }
    own->count = kept;
}

/* Fills the level `depth`, which is clear, with what the node matches. */
static void evaluate(Query *query, int32_t at, int depth, int scored) {
    Matches *own = &query->level[depth];
    const Node *node = &query->nodes[at];
    switch (node->kind) {
    case ALL:
        take_all(query, NULL, NULL, own);
        break;
    case LEAF:
        read_leaf(query, &query->leaves[node->number], own, scored);
        break;
    case MASK:
        take_all(query, &query->masks[node->number], NULL, own);
        break;
    case NOT:
        evaluate(query, at + 1, depth + 1, 0);
        take_all(query, NULL, &query->level[depth + 1], own);
        clear_matches(&query->level[depth + 1]);
        break;
    case EVERY:
        evaluate_every(query, at, depth, scored);
        break;
    case ANY:
    case BEST:
        evaluate_any(query, at, depth, scored);
        break;
    default:
        break;
    }
}

Py_ssize_t run_program(Query *query, uint32_t size, const uint8_t *live, uint8_t *matches, double *scores) {
    Py_ssize_t total = 0;
    Matches *own = &query->level[0];
    for (uint32_t first = 0; first < size; first += WINDOW) {
        query->first = first;
        query->stop = size - first < WINDOW ? size : first + WINDOW;
        evaluate(query, 0, 0, query->scored);
        for (Py_ssize_t at = 0; at < own->count; at++) {
            uint32_t doc = first + own->found[at];
            if (live && !live[doc])
                continue;
            matches[doc] = 1;
            if (scores)
                scores[doc] = own->score[own->found[at]];
            total++;
        }
        clear_matches(own);
    }
    return total;
}

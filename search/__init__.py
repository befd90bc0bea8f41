"""What a document, a query and an answer are, and the engines that hold them. Where to look:

| to see | open |
|---|---|
| what is indexed | `document`, `schema`, `analysis/` |
| what is asked | `request`, `query/` (the reader's tree, the parser, the engine's tree) |
| how it is answered | `service`, then `planning`, `retrieval`, `cursor`, `stories` |
| what ranks how | `ranking`, `explain`, and `evaluate`, which measures it |
| what is shown of a hit | `hits`, `highlight`, `passages`, `snippets`, `fragments` |
| what is counted | `facets`, `timeline`, `periods`, `overview` |
| what else is offered | `suggest`, `spelling`, `relax`, `related` |
| what holds it all | `engines/` |
| what comes out | `response`, with addresses from `links` |
| how it is run | `settings`, `commands/`, `errors` |

Nothing is imported here: a program that only adds documents need not load what highlights them.
"""

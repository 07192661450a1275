"""Chapters as notebooks: executed, kept fresh, read and reviewed.

`book` opens the files of the book, each once, and says whether a chapter can be published. It asks
`notebooks` (read, executed), `prose` (numbers bound), `allowed` (what no chapter may do) and
`freshness` (what stored outputs depend on), which asks `definitions` for what of the library is
reached. `scaffold` is `claimbook new`, `running` is `claimbook run`, `review` is `claimbook check`,
`changes` is `claimbook review`; `results` writes the feed beside the pages.
"""

package search

import (
	"io/fs"
	"sync"

	"tongban/catalogue"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
)

// DefaultWords are the files of catalogue/search inside the binary. It panics if they do not load, which the tests of
// this package rule out.
var DefaultWords = sync.OnceValue(func() *Words {
	sub, err := fs.Sub(catalogue.FS, "search")
	if err == nil {
		var w *Words
		if w, err = LoadWords(sub); err == nil {
			return w
		}
	}
	panic(err)
})

// Default is the index of the catalogue inside the binary: one document for each matter, its key the item's code.
var Default = sync.OnceValue(func() *Index {
	regions, err := region.Default()
	if err != nil {
		panic(err)
	}
	return New(Matters(item.Default(), DefaultWords()), DefaultWords(), regions)
})

// Matters gives a document for each item of a catalogue, with what w knows of how people ask for it.
func Matters(c *item.Catalogue, w *Words) []Doc {
	all := c.All()
	docs := make([]Doc, 0, len(all))
	for _, it := range all {
		d := Doc{
			Key: it.Code, Name: it.Name, NameEn: it.NameEn, Aliases: it.Aliases, Words: w.asked[it.Code], English: w.english[it.Code],
			Subject: it.Subject, Theme: it.Theme,
		}
		docs = append(docs, d)
	}
	return docs
}

// Guides gives a document for each matter in each place, its key as key makes it.
func Guides(matters []Doc, places []region.Code, key func(item string, place region.Code) string) []Doc {
	docs := make([]Doc, 0, len(matters)*len(places))
	for _, m := range matters {
		for _, p := range places {
			d := m
			d.Key, d.Place = key(m.Key, p), p
			docs = append(docs, d)
		}
	}
	return docs
}

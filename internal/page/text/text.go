// Package text is the catalogue of what the pages say, in Chinese and English: one TOML file per face, so that wording is
// reviewed and changed without Go. A key is the dotted path of a table that holds zh and en.
package text

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml
var files embed.FS

// pair is one wording in both languages.
type pair struct{ zh, en string }

var catalogue = mustLoad(files)

// T gives the wording of key in lang ("en", anything else is Chinese). With args the wording is a fmt format; a wording that
// needs another order in one language numbers its verbs (%[2]s). A key that does not exist shows itself, and a test refuses it.
func T(lang, key string, args ...any) string {
	p, ok := catalogue[key]
	if !ok {
		return key
	}
	s := p.zh
	if lang == "en" {
		s = p.en
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// Has reports whether key is in the catalogue.
func Has(key string) bool { _, ok := catalogue[key]; return ok }

// Keys lists all keys in order.
func Keys() []string { return slices.Sorted(maps.Keys(catalogue)) }

// mustLoad reads all files. It panics on a malformed one: they are compiled in, so a test has seen each of them.
func mustLoad(f fs.FS) map[string]pair {
	c, err := load(f)
	if err != nil {
		panic(err)
	}
	return c
}

func load(f fs.FS) (map[string]pair, error) {
	names, err := fs.Glob(f, "*.toml")
	if err != nil {
		return nil, err
	}
	c := map[string]pair{}
	for _, name := range names {
		var doc map[string]any
		if _, err := toml.DecodeFS(f, name, &doc); err != nil {
			return nil, fmt.Errorf("texts %s: %w", name, err)
		}
		if err := flatten(c, name, "", doc); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func flatten(c map[string]pair, file, at string, table map[string]any) error {
	zh, hasZH := table["zh"].(string)
	en, hasEN := table["en"].(string)
	if hasZH || hasEN {
		switch _, twice := c[at]; {
		case twice:
			return fmt.Errorf("texts %s: %s stands twice", file, at)
		case zh == "" || en == "":
			return fmt.Errorf("texts %s: %s lacks a language", file, at)
		}
		c[at] = pair{zh, en}
	}
	for k, v := range table {
		sub, ok := v.(map[string]any)
		if !ok {
			if k == "zh" || k == "en" {
				continue
			}
			return fmt.Errorf("texts %s: %s.%s is neither a language nor a table", file, at, k)
		}
		key := k
		if at != "" {
			key = at + "." + k
		}
		if err := flatten(c, file, key, sub); err != nil {
			return err
		}
	}
	return nil
}

package sim

import (
	"bytes"
	"io/fs"
	"sync"
	"testing/fstest"

	"tongban/catalogue"
	"tongban/internal/domain/item"
)

const theItem = "2020-030"

// The rule of the item changes in the midst of every run (I8).
const (
	oldUntil = "2026-03-11"
	newRule  = "2026-03-12"
)

// rules is the catalogue with a second version of the item, under which silence counts as acceptance and the deciding
// place has two days more.
var rules = sync.OnceValues(func() (*item.Catalogue, error) {
	items, err := fs.Sub(catalogue.FS, "items")
	if err != nil {
		return nil, err
	}
	all := fstest.MapFS{}
	err = fs.WalkDir(items, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(items, path)
		all[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		return nil, err
	}
	old := all[theItem+"/2022-03-01.toml"].Data
	from := []byte(`from = "2022-03-01"`)
	all[theItem+"/2022-03-01.toml"].Data = bytes.Replace(old, from, []byte(`from = "2022-03-01"`+"\nuntil = \""+oldUntil+"\""), 1)
	next := bytes.Replace(old, from, []byte(`from = "`+newRule+`"`), 1)
	i := bytes.Index(next, []byte("[[limits]]\nkey = \"intake\""))
	head, rest := next[:i:i], next[i:]
	rest = bytes.Replace(rest, []byte(`silence = "none"`), []byte(`silence = "accepted"`), 1)
	j := bytes.Index(rest, []byte("[[limits]]\nkey = \"decide\""))
	tail := bytes.Replace(rest[j:], []byte(`length = "3wd"`), []byte(`length = "5wd"`), 1)
	all[theItem+"/"+newRule+".toml"] = &fstest.MapFile{Data: append(append(head, rest[:j:j]...), tail...)}
	return item.Load(all)
})

package cli

import (
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed text.toml
var textFile string

// texts are the sentences of the command line. The file is part of the binary, and a test reads it.
var texts = sync.OnceValue(func() map[string]struct{ Zh, En string } {
	var m map[string]struct{ Zh, En string }
	if _, err := toml.Decode(textFile, &m); err != nil {
		panic(err)
	}
	return m
})

// text gives a sentence in the reader's language, the key itself if there is none.
func (e *env) text(key string) string {
	t, ok := texts()[key]
	switch {
	case !ok:
		return key
	case e.lang == "en":
		return t.En
	}
	return t.Zh
}

// say fills a sentence and prints it on a line.
func (e *env) say(w io.Writer, key string, args ...any) {
	fmt.Fprintf(w, e.text(key)+"\n", args...) //nolint:errcheck // a closed terminal
}

// both picks the reader's language.
func (e *env) both(zh, en string) string {
	if e.lang == "en" {
		return en
	}
	return zh
}

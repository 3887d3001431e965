package bank

import (
	_ "embed"
	"fmt"
	"net/http"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/a-h/templ"

	"tongban/internal/kernel/errs"
	"tongban/internal/page"
)

//go:embed texts.toml
var textSource string

// words is language → key → wording. The data is compiled in, so a test has seen that it reads.
var words = sync.OnceValue(func() map[string]map[string]string {
	var m map[string]map[string]string
	if err := toml.Unmarshal([]byte(textSource), &m); err != nil {
		panic(fmt.Errorf("reading the bank's texts: %w", err))
	}
	return m
})

// Say gives a wording; a key that does not exist shows itself.
func Say(lang, key string) string {
	if s, ok := words()[lang][key]; ok {
		return s
	}
	return key
}

func (b *Bank) show(w http.ResponseWriter, r *http.Request, body templ.Component) error {
	return page.Show(w, r, http.StatusOK, b.frame(r), body)
}

// payPage is where the visitor chooses what the bank does; once it did something, it says what.
func (b *Bank) payPage(w http.ResponseWriter, r *http.Request) error {
	b.mu.Lock()
	o, ok := b.orders[r.PathValue("order")]
	var copied order
	if ok {
		copied = *o
	}
	b.mu.Unlock()
	if !ok {
		return errs.New(errs.NoSuchOrder, "%q", r.PathValue("order"))
	}
	return b.show(w, r, orderPage(page.PrefsOf(r.Context()).Lang, copied))
}

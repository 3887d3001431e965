package market

import (
	_ "embed"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/page"
)

//go:embed texts.toml
var textSource string

// words is language → key → wording. The data is compiled in, so a test has seen that it reads.
var words = sync.OnceValue(func() map[string]map[string]string {
	var m map[string]map[string]string
	if err := toml.Unmarshal([]byte(textSource), &m); err != nil {
		panic(fmt.Errorf("reading the platform's texts: %w", err))
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

// doings are what the platform's staff may do, in the order of the page.
var doings = []string{"accept", "grant", "refuse", "gaps", "time", "strange"}

func (p *Platform) frame(r *http.Request) page.Frame {
	f := page.FrameOf(r)
	lang := page.PrefsOf(r.Context()).Lang
	f.Face, f.FaceName, f.Home, f.Title, f.Demo = "hub", Say(lang, "face"), "/", Say(lang, "face"), true
	f.Today = workday.DateOf(p.cfg.Now()).String()
	return f
}

func (p *Platform) listPage(w http.ResponseWriter, r *http.Request) error {
	p.mu.Lock()
	var rows []listRow
	for _, f := range p.files {
		rows = append(rows, listRow{f.Task.Case, f.Ref, f.Stopped})
	}
	mode := p.mode
	p.mu.Unlock()
	slices.SortFunc(rows, func(a, b listRow) int { return strings.Compare(a.No+a.Ref, b.No+b.Ref) })
	return page.Show(w, r, http.StatusOK, p.frame(r), homePage(page.PrefsOf(r.Context()).Lang, rows, mode))
}

type listRow struct {
	No, Ref string
	Stopped bool
}

func (p *Platform) turn(w http.ResponseWriter, r *http.Request) error {
	m := Mode(r.PostForm.Get("mode"))
	if !slices.Contains(Modes, m) {
		return errs.New(errs.BadRequest, "mode")
	}
	p.Behave(m)
	return page.SeeOther(w, r, "/")
}

func (p *Platform) casePage(w http.ResponseWriter, r *http.Request) error {
	lang := page.PrefsOf(r.Context()).Lang
	p.mu.Lock()
	f := p.of(r.PathValue("no"))
	var shown file
	if f != nil {
		shown = *f
	}
	p.mu.Unlock()
	if f == nil {
		return errs.New(errs.NoSuchPage, "case")
	}
	rows := []page.Row{{Key: Say(lang, "ref"), Value: shown.Ref}, {Key: Say(lang, "no"), Value: shown.Task.Case}}
	for _, name := range slices.Sorted(maps.Keys(shown.Task.Fields)) {
		rows = append(rows, page.Row{Key: name, Value: shown.Task.Fields[name]})
	}
	for _, m := range shown.Task.Materials {
		rows = append(rows, page.Row{Key: m.Key, Value: m.Name})
	}
	return page.Show(w, r, http.StatusOK, p.frame(r), workPage(lang, shown, rows))
}

func (p *Platform) work(w http.ResponseWriter, r *http.Request) error {
	no := r.PathValue("no")
	if _, err := p.Do(r.Context(), no, r.PostForm.Get("do")); err != nil {
		return err
	}
	return page.SeeOther(w, r, "/cases/"+no)
}

package entrance

import (
	"net/http"
	"net/url"
	"slices"
	"unicode"
	"unicode/utf8"

	"tongban/internal/domain/item"
	"tongban/internal/domain/search"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// Finder finds matters by what people type. It is safe for concurrent use; *search.Index is one.
type Finder interface {
	Find(q search.Query) search.Result
}

const (
	mostWords = 60 // characters of a question that are looked at
	mostHits  = 30
)

// results is /search.
type results struct {
	Words, Subject string
	Cut            bool // Words was longer
	Meant          string
	Hits, Nearest  []hit
	Here, There    region.Code // places that the words named: one is whose matter it is, two are from where to where
}

// hit is a matter found, with the word that led to it where that is not its name.
type hit struct {
	matter
	Also string
}

// search is /search: what fits the words, for persons, organisations or both. What people type stays with them: the answer is
// kept by nobody.
func (b *base) search(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	f := results{Words: clean(q.Get("q")), Subject: subjectOf(q.Get("subject"))}
	if f.Words == "" {
		return page.SeeOther(w, r, topicsHref(cuts[0], f.Subject))
	}
	if n := utf8.RuneCountInString(f.Words); n > mostWords {
		f.Words, f.Cut = string([]rune(f.Words)[:mostWords]), true
	}
	found := b.Finder.Find(search.Query{Text: f.Words, Subject: f.Subject, Limit: mostHits})
	f.Meant = found.Meant
	switch len(found.Places) {
	case 0:
	case 1:
		f.There = found.Places[0]
	default:
		f.Here, f.There = found.Places[0], found.Places[1]
	}
	if len(found.Hits) == 0 && b.OnMiss != nil {
		b.OnMiss(f.Words)
	}
	show := func(list []search.Hit) []hit {
		var out []hit
		for _, h := range list {
			it, ok := b.Catalogue.Item(h.Key)
			if !ok {
				continue
			}
			x := hit{matter: b.matter(ctx, it)}
			x.Href = guideHref(it.Code, display(f.Here), display(f.There))
			if h.Why == search.ByAlias && h.By != it.Name {
				x.Also = h.By
			}
			out = append(out, x)
		}
		return out
	}
	f.Hits, f.Nearest = show(found.Hits), show(found.Nearest)
	return b.show(w, r, http.StatusOK, page.T(ctx, "public.search.title_for", f.Words), func(fr *page.Frame) { fr.Back = "/" }, searchPage(f))
}

func display(c region.Code) string {
	if c == "" {
		return ""
	}
	return c.Display()
}

// clean takes control characters and those that turn or hide text out of what was typed; what was bounded is clip's.
func clean(s string) string {
	if len(s) > 4096 {
		s = s[:4096]
	}
	out := make([]rune, 0, min(len(s), 256))
	for _, r := range s {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r):
		case unicode.IsControl(r), unicode.IsSpace(r):
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		default:
			out = append(out, r)
		}
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return string(out)
}

// clip bounds what is echoed into a page.
func clip(s string) string {
	s = clean(s)
	if r := []rune(s); len(r) > 100 {
		return string(r[:100])
	}
	return s
}

func searchHref(words, subject string) string {
	q := url.Values{"q": {words}}
	if subject != "" {
		q.Set("subject", subject)
	}
	return "/search?" + q.Encode()
}

// items was the list of all matters; what bookmarks and papers hold goes on to work.
func (b *base) items(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	to := topicsHref(cuts[0], subjectOf(q.Get("subject")))
	if words := clip(q.Get("q")); words != "" {
		to = searchHref(words, subjectOf(q.Get("subject")))
	}
	http.Redirect(w, r, to, http.StatusMovedPermanently)
	return nil
}

// likely are matters for a text, best first, to choose from.
func (b *base) likely(text string, most int) []item.Item {
	r := b.Finder.Find(search.Query{Text: text, Limit: most})
	var out []item.Item
	for _, h := range slices.Concat(r.Hits, r.Nearest) {
		if it, ok := b.Catalogue.Item(h.Key); ok {
			out = append(out, it)
		}
	}
	return out
}

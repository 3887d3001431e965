package entrance

import (
	"net/http"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/page"
)

// hubFront is the hub's first page.
func (b *base) hubFront(w http.ResponseWriter, r *http.Request) error {
	return b.show(w, r, http.StatusOK, page.T(r.Context(), "hub.home.title"), nil, hubHome(b, b.tiles(r.Context())))
}

// front is a province's first page.
func (e *entrance) front(w http.ResponseWriter, r *http.Request) error {
	_, signedIn := e.gate.Visitor(r)
	lang := page.PrefsOf(r.Context()).Lang
	title := page.T(r.Context(), "entrance.home.title", e.nameOf(lang, e.me))
	return e.show(w, r, http.StatusOK, title, nil, provinceHome(e.base, title, signedIn, e.windows()))
}

// windows are the offices of this province.
func (b *base) windows() []office.Office {
	var out []office.Office
	for _, o := range b.Offices {
		if o.Node == b.me {
			out = append(out, o)
		}
	}
	return out
}

// whole lists the items that can be handled from beginning to end in this system today.
func (b *base) whole() []item.Item {
	var out []item.Item
	for _, it := range b.Catalogue.All() {
		if _, ok := b.Catalogue.Version(it.Code, b.today()); ok {
			out = append(out, it)
		}
	}
	return out
}

// statement is a short page about the site.
func (b *base) statement(name string) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return b.show(w, r, http.StatusOK, page.T(r.Context(), "entrance."+name+".title"), func(f *page.Frame) { f.Back = "/" }, statementPage(b, name))
	}
}

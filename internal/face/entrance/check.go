package entrance

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/page"
)

// ask is the question "may this be done": three texts, and what each may mean.
type ask struct {
	ends
	Item      string // as typed
	Asked     bool
	Found     item.Item
	Items     []item.Item // to choose from, if the text means none or several
	ItemFault string
	Faults    []page.FieldError
}

// check is /check: the question, the choices that its texts leave open, and then the guide, which answers it.
func (b *base) check(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	a := ask{Item: clip(q.Get("item"))}
	a.Asked = q.Has("here") || q.Has("there")
	rest := url.Values{"here": q["here"], "there": q["there"]}
	if !a.Asked && b.me != "" {
		rest.Set("here", b.here.Name)
	}
	a.ends = b.ends(rest, "/check", b.today())
	a.Keep = url.Values{}
	if a.Item != "" {
		a.Keep.Set("item", a.Item)
		a.HereHref, a.ThereHref = placeHref("here", a.with("here", "")), placeHref("there", a.with("there", ""))
	}
	var known bool
	a.Found, known = b.Catalogue.Item(a.Item)
	if a.Asked && !known && a.Item != "" {
		a.Items = b.likely(a.Item, 10)
	}
	if known && a.ok() {
		return page.SeeOther(w, r, guideHref(a.Found.Code, a.Here.Code.Display(), a.There.Code.Display()))
	}
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		v := view{Title: page.T(ctx, "entrance.can.title"), Back: "/"}
		if a.Asked {
			switch {
			case known || len(a.Items) > 0:
			case a.Item == "":
				a.ItemFault = page.T(ctx, "entrance.can.no_item")
			default:
				a.ItemFault = page.T(ctx, "entrance.can.unknown_item")
			}
			if a.ItemFault != "" {
				a.Faults = append(a.Faults, page.FieldError{Field: "item", Text: a.ItemFault})
			}
			if a.Faults = append(a.Faults, b.faults(ctx, a.ends, true)...); len(a.Faults) > 0 {
				v.Status, v.Errors = http.StatusUnprocessableEntity, true
			}
		}
		v.Body = checkPage(b, a)
		return v, nil
	})
}

// can was this page's first address.
func (b *base) can(w http.ResponseWriter, r *http.Request) error {
	to := "/check"
	if q := r.URL.Query(); len(q) > 0 {
		to += "?" + q.Encode()
	}
	http.Redirect(w, r, to, http.StatusMovedPermanently) //nolint:gosec // G710: a path of ours with escaped values
	return nil
}

// answerText gives the words of an answer in the reader's language.
func answerText(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && strings.TrimSpace(en) != "" {
		return en
	}
	return zh
}

// itemShown is what the field of the matter holds: its name where it is known.
func (a ask) itemShown() string {
	if a.Found.Code != "" {
		return a.Found.Name
	}
	return a.Item
}

package entrance

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/region"
	"tongban/internal/page"
)

// ask is the question "I am here, this is to be done, it belongs there" with what was found for each part.
type ask struct {
	Item, Here, There string // as typed
	Asked             bool

	Items       []item.Item // to choose from, if the text means none or several
	Heres       []region.Code
	Theres      []region.Code
	Errors      []page.FieldError
	ItemError   string
	HereError   string
	ThereError  string
	Answer      *item.Answer
	Found       item.Item
	HereCode    region.Code
	ThereCode   region.Code
	HereOffice  office.Office // where papers are handed in
	ThereOffice office.Office
}

// can is /can: the form, the choices that its texts leave open, or the answer.
func (b *base) can(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	q := r.URL.Query()
	a := ask{
		Item: clip(q.Get("item")), Here: clip(q.Get("here")), There: clip(q.Get("there")),
		Asked: q.Has("item") && (q.Has("here") || q.Has("there")),
	}
	if a.Here == "" && !a.Asked && b.me != "" {
		a.Here = b.here.Name
	}
	status := http.StatusOK
	if a.Asked {
		b.resolve(ctx, &a)
		if len(a.Errors) > 0 {
			status = http.StatusUnprocessableEntity
		}
	} else if it, ok := b.Catalogue.Item(a.Item); ok {
		a.Item = it.Name
	}
	title := page.T(ctx, "entrance.can.title")
	return b.show(w, r, status, title, func(f *page.Frame) { f.HasError, f.Back = len(a.Errors) > 0, "/" }, canPage(b, a))
}

// resolve finds what the texts mean and, if each means one thing, the answer.
func (b *base) resolve(ctx context.Context, a *ask) {
	fault := func(field, key string) string {
		words := page.T(ctx, "entrance.can."+key)
		a.Errors = append(a.Errors, page.FieldError{Field: field, Text: words})
		return words
	}
	var ok bool
	switch a.Found, ok = b.Catalogue.Item(a.Item); {
	case ok:
	case a.Item == "":
		a.ItemError = fault("item", "no_item")
	default:
		if a.Items = b.search(a.Item, "", 10); len(a.Items) == 0 {
			a.ItemError = fault("item", "unknown_item")
		}
	}
	one := func(field, text, empty string) (region.Code, []region.Code, string) {
		hits := b.places.find(text)
		switch {
		case text == "":
			return "", nil, fault(field, empty)
		case len(hits) == 0:
			return "", nil, fault(field, "unknown_place")
		case len(hits) > 1:
			return "", hits, ""
		}
		return hits[0], nil, ""
	}
	a.HereCode, a.Heres, a.HereError = one("here", a.Here, "no_here")
	a.ThereCode, a.Theres, a.ThereError = one("there", a.There, "no_there")
	if a.Found.Code == "" || a.HereCode == "" || a.ThereCode == "" {
		return
	}
	answer := b.Catalogue.Can(item.Query{Item: a.Found.Code, Here: a.HereCode, There: a.ThereCode, On: b.today()}, b.Regions)
	a.Answer = &answer
	a.HereOffice, a.ThereOffice = b.officeAt(a.HereCode), b.officeAt(a.ThereCode)
}

// officeAt is the office that acts for a place: its own, or that of the nearest place above.
func (b *base) officeAt(place region.Code) office.Office {
	best, depth := office.Office{}, -1
	for _, o := range b.Offices {
		if d := int(o.Region.Level()); b.Regions.Within(place, o.Region) && d > depth {
			best, depth = o, d
		}
	}
	return best
}

// clip bounds what is echoed into a page.
func clip(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > 100 {
		return string(r[:100])
	}
	return strings.TrimSpace(s)
}

// search lists items for words, best first; subject "" is all, words "" is all in list order.
func (b *base) search(words, subject string, most int) []item.Item {
	type hit struct {
		item.Item
		score int
	}
	var hits []hit
	words = strings.ToLower(strings.Join(strings.Fields(words), ""))
	exact, _ := b.Catalogue.Item(words)
	for _, it := range b.Catalogue.All() {
		if subject != "" && !slices.Contains(it.Subject, subject) {
			continue
		}
		score := 1
		if words != "" {
			score = closeness(it, words)
		}
		if it.Code == exact.Code {
			score += 1000
		}
		if score > 0 {
			hits = append(hits, hit{it, score})
		}
	}
	slices.SortStableFunc(hits, func(x, y hit) int { return cmp.Compare(y.score, x.score) })
	out := make([]item.Item, 0, len(hits))
	for _, h := range hits {
		out = append(out, h.Item)
	}
	return out[:min(len(out), most)]
}

// closeness scores how well an item fits words: whole words in name or alias, else the share of the words' pairs of
// characters that occur in name, aliases or scenario; less than half of them is no hit.
func closeness(it item.Item, words string) int {
	texts := append([]string{it.Name, itemTitle(it)}, it.Aliases...)
	for i, t := range texts {
		if strings.Contains(strings.ToLower(t), words) {
			return 300 - i
		}
	}
	all := strings.ToLower(strings.Join(append(texts, it.Scenario, it.Theme, it.Code), " "))
	r := []rune(words)
	if len(r) == 1 {
		if strings.Contains(all, words) {
			return 100
		}
		return 0
	}
	n := 0
	for i := range len(r) - 1 {
		if strings.Contains(all, string(r[i:i+2])) {
			n++
		}
	}
	if score := 200 * n / (len(r) - 1); score >= 100 {
		return score
	}
	return 0
}

func itemTitle(it item.Item) string {
	if n := len(it.Versions); n > 0 {
		return it.Versions[n-1].TitleEn
	}
	return ""
}

// theme is the items of one theme.
type theme struct {
	Name  string
	Items []item.Item
}

// items is /items: the whole catalogue by theme, or what fits the words searched for.
func (b *base) items(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	words, subject := clip(q.Get("q")), q.Get("subject")
	if subject != "person" && subject != "org" {
		subject = ""
	}
	found := b.search(words, subject, len(b.Catalogue.All()))
	var themes []theme
	if words != "" {
		found = found[:min(len(found), 30)]
		themes = []theme{{Items: found}}
	} else {
		themes = byTheme(found)
	}
	return b.show(w, r, http.StatusOK, page.T(ctx, "entrance.items.title"), func(f *page.Frame) { f.Back = "/" },
		itemsPage(words, subject, len(found), themes))
}

// byTheme groups items, the larger themes first.
func byTheme(list []item.Item) []theme {
	var out []theme
	for _, it := range list {
		i := slices.IndexFunc(out, func(t theme) bool { return t.Name == it.Theme })
		if i < 0 {
			i, out = len(out), append(out, theme{Name: it.Theme})
		}
		out[i].Items = append(out[i].Items, it)
	}
	slices.SortStableFunc(out, func(a, b theme) int { return cmp.Compare(len(b.Items), len(a.Items)) })
	return out
}

// askAbout is the address of the question about an item.
func askAbout(it item.Item) string { return "/can?" + url.Values{"item": {it.Code}}.Encode() }

// answerText gives the words of an answer in the reader's language.
func answerText(ctx context.Context, zh, en string) string {
	if page.PrefsOf(ctx).Lang == "en" && en != "" {
		return en
	}
	return zh
}

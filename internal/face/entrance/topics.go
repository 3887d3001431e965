package entrance

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"tongban/internal/domain/item"
	"tongban/internal/page"
)

// cuts are the three ways in which the national zone arranges its matters.
var cuts = []string{"theme", "event", "dept"}

// topic is the matters of one theme, life event or department.
type topic struct {
	Key, Name string
	Line      string // what belongs here, for life events
	Items     []item.Item
	Count     []modeCount
}

// modeCount is how many of a topic's matters are done in a mode.
type modeCount struct {
	Mode string
	N    int
}

// topics is /topics: all matters by theme, life event or department, for persons, organisations or both.
func (b *base) topics(w http.ResponseWriter, r *http.Request) error {
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		by, subject := cutOf(r.URL.Query().Get("by")), subjectOf(r.URL.Query().Get("for"))
		list := b.arranged(ctx, by, subject)
		n := map[string]bool{}
		for _, t := range list {
			for _, it := range t.Items {
				n[it.Code] = true
			}
		}
		return view{Title: page.T(ctx, "public.topics.title"), Back: "/", Body: topicsPage(by, subject, len(n), list)}, nil
	})
}

// topic is /topics/{cut}/{key}: the matters of one.
func (b *base) topic(w http.ResponseWriter, r *http.Request) error {
	return b.keep(w, r, func(ctx context.Context) (view, error) {
		by, key, subject := r.PathValue("cut"), r.PathValue("key"), subjectOf(r.URL.Query().Get("for"))
		if cutOf(by) != by {
			return view{}, noPage("cut")
		}
		list := b.arranged(ctx, by, "")
		i := slices.IndexFunc(list, func(t topic) bool { return t.Key == key })
		if i < 0 {
			return view{}, noPage("topic")
		}
		t := list[i]
		var lines []matter
		for _, it := range t.Items {
			if hasSubject(it, subject) {
				lines = append(lines, b.matter(ctx, it))
			}
		}
		return view{Title: t.Name, Back: topicsHref(by, subject), Body: topicPage(by, subject, t, lines)}, nil
	})
}

func cutOf(s string) string {
	if slices.Contains(cuts, s) {
		return s
	}
	return cuts[0]
}

func countModes(list []item.Item) []modeCount {
	var out []modeCount
	for _, m := range allModes {
		n := 0
		for _, it := range list {
			if firstMode(it) == string(m) {
				n++
			}
		}
		if n > 0 {
			out = append(out, modeCount{string(m), n})
		}
	}
	return out
}

func topicsHref(by, subject string) string {
	q := url.Values{}
	if by != cuts[0] {
		q.Set("by", by)
	}
	if subject != "" {
		q.Set("for", subject)
	}
	if len(q) == 0 {
		return "/topics"
	}
	return "/topics?" + q.Encode()
}

func topicHref(by, key, subject string) string {
	to := "/topics/" + by + "/" + url.PathEscape(key)
	if subject != "" {
		to += "?for=" + subject
	}
	return to
}

// cutLinks are the tabs of the three cuts; subjectTabs those of persons and organisations.
func cutLinks(ctx context.Context, by, subject string) []page.Link {
	var out []page.Link
	for _, c := range cuts {
		out = append(out, page.Link{Href: topicsHref(c, subject), Text: page.T(ctx, "public.topics."+c), Current: c == by})
	}
	return out
}

func subjectTabs(ctx context.Context, subject string, to func(string) string) []page.Link {
	var out []page.Link
	for _, s := range []string{"", person, org} {
		out = append(out, page.Link{Href: to(s), Text: page.T(ctx, "entrance.subject."+cmp.Or(s, "all")), Current: s == subject})
	}
	return out
}

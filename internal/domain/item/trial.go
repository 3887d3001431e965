package item

import (
	"slices"
	"strings"

	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Trial is a worked example that a steward writes beside an overlay: for these places, this day and these answers the guide
// must come out like this. An empty expectation is not looked at.
type Trial struct {
	Name      string          `json:"name"`
	Here      region.Code     `json:"here"`
	There     region.Code     `json:"there"`
	On        workday.Date    `json:"on"`
	Answers   map[string]bool `json:"answers,omitempty"`
	Mode      Mode            `json:"mode,omitempty"`
	Materials []string        `json:"materials,omitempty"` // keys of exactly what is needed, in any order
	Term      string          `json:"term,omitempty"`      // until the decision, as 3wd
}

// Miss is one expectation that did not come true. What is mode, materials, term or item.
type Miss struct{ What, Want, Got string }

// Try works an example through with an overlay laid in as if it were published last. No answer means that it came true.
func (c *Catalogue) Try(code string, o Overlay, t Trial, regions *region.Table) []Miss {
	f := c.Fork()
	s := c.published()
	f.Install(Published{Overlays: append(slices.Clone(s.all), o), Agreements: s.agreements, Signatures: s.said()})
	g, err := f.Guide(Query{Item: code, Here: t.Here, There: t.There, On: t.On}, t.Answers, regions)
	if err != nil {
		return []Miss{{"item", code, ""}}
	}
	var out []Miss
	miss := func(what, want, got string) {
		if want != "" && want != got {
			out = append(out, Miss{what, want, got})
		}
	}
	miss("mode", string(t.Mode), string(g.Summary.Mode))
	want, got := slices.Clone(t.Materials), []string{}
	for _, m := range g.Materials {
		if m.Needed == Yes {
			got = append(got, m.Key)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	miss("materials", strings.Join(want, " "), strings.Join(got, " "))
	term := ""
	if g.Summary.Term != nil {
		if term = ShortLimit(g.Summary.Term.Promise); g.Summary.Term.Promise.N == 0 {
			term = ShortLimit(g.Summary.Term.Law)
		}
	}
	miss("term", t.Term, term)
	return out
}

func (s *shelf) said() []Signature {
	var out []Signature
	for _, list := range s.signatures {
		out = append(out, list...)
	}
	return out
}

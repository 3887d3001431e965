package item

import (
	"errors"
	"io/fs"
	"strings"

	"tongban/internal/kernel/workday"
)

const lawFile = "law.tsv"

// Statute is one provision that Lint holds definitions against: when it is in force, and the limit it sets, if any.
type Statute struct {
	Law, Article string
	From, Until  workday.Date // zero Until: still in force
	Kind         LimitKind    // "" if it sets no limit
	Spot         bool
	Length       workday.Limit
	Extend       workday.Limit
	Text, TextEn string // our short paraphrase
	Source       string
}

func (s Statute) inForce(on workday.Date) bool {
	return !on.Before(s.From) && (s.Until.IsZero() || !on.After(s.Until))
}

func (c *Catalogue) loadStatutes(fsys fs.FS) error {
	heading := strings.Fields("law article from until kind length extend text text_en source")
	return c.table(fsys, lawFile, heading, func(_ int, m map[string]string) error {
		s := Statute{
			Law: m["law"], Article: m["article"], Kind: LimitKind(m["kind"]),
			Text: m["text"], TextEn: m["text_en"], Source: m["source"],
		}
		var err1, err2, err3, err4 error
		s.From, err1 = date(m["from"])
		s.Until, err2 = date(m["until"])
		if m["length"] == "spot" {
			s.Spot = true
		} else {
			s.Length, err3 = optionalLength(m["length"])
		}
		s.Extend, err4 = optionalLength(m["extend"])
		c.statutes = append(c.statutes, s)
		return errors.Join(err1, err2, err3, err4)
	})
}

func optionalLength(s string) (workday.Limit, error) {
	var l length
	if s == "" {
		return l.Limit, nil
	}
	err := l.UnmarshalText([]byte(s))
	return l.Limit, err
}

// statute finds the provision by law and article, first one in force on the day, else any.
func (c *Catalogue) statute(b Basis, on workday.Date) (s Statute, known, inForce bool) {
	for _, have := range c.statutes {
		if have.Law != b.Law || have.Article != b.Article {
			continue
		}
		if have.inForce(on) {
			return have, true, true
		}
		s, known = have, true
	}
	return s, known, false
}

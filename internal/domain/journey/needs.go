package journey

import (
	"maps"
	"slices"
	"strings"

	"tongban/internal/domain/item"
)

// Asked is a question that remains, and why it does if a source should have answered.
type Asked struct {
	Field item.Field
	Why   Gap    // "": only the applicant knows; otherwise the source's silence
	From  Record // of the source that gave nothing, or what the applicant calls wrong
	Wrong bool   // the applicant says that what was found is wrong
}

// Questions are what has to be asked, in the form's order: what only the applicant knows, and what a source did not give
// where the item says that it is then asked.
func Questions(d Draft, v item.Version) []Asked {
	var out []Asked
	for _, f := range v.Form.Fields {
		switch f.Source { //nolint:exhaustive // derived values are never asked
		case item.Asked:
			out = append(out, Asked{Field: f})
		case item.FromEvidence:
			if q, ok := fallen(d, f); ok {
				out = append(out, q)
			}
		}
	}
	return out
}

// fallen is an evidence field that has become a question.
func fallen(d Draft, f item.Field) (Asked, bool) {
	source, name, _ := strings.Cut(f.From, ".")
	if f.Fallback != item.FallAsk || source == "invited" {
		return Asked{}, false
	}
	r := d.Records[source]
	if _, wrong := d.Wrong[f.Key]; wrong {
		return Asked{Field: f, From: r, Wrong: true}, true
	}
	if r.Values[name] != "" || !f.Required && r.Gap != Down {
		return Asked{}, false
	}
	if r.Gap == "" {
		r.Gap = Nothing
	}
	return Asked{Field: f, Why: r.Gap, From: r}, true
}

// answered reports whether a question has a good answer, or was passed over where that is allowed.
func answered(d Draft, v item.Version, f item.Field) bool {
	raw, given := d.Answers[f.Key]
	if !given {
		return false
	}
	return len(Judge(v, f, raw, "zh")) == 0
}

// Judge is what is wrong with one answer, in the reader's language.
func Judge(v item.Version, f item.Field, raw, lang string) []item.Problem {
	one := item.Version{Form: item.Form{Fields: []item.Field{f}}}
	if f.Source != item.Asked { // asked after all: required as any
		f.Source = item.Asked
		one.Form.Fields[0] = f
	}
	return one.Check(map[string]string{f.Key: raw}, lang)
}

// FoundField is a value that was found instead of asked.
type FoundField struct {
	Field item.Field
	Value string
	From  Record
	Wrong bool
}

// FoundFields are the values that sources gave, and those of silent sources that are neither asked nor derived: their Value
// is "" and From says why.
func FoundFields(d Draft, v item.Version) []FoundField {
	var out []FoundField
	for _, f := range v.Form.Fields {
		source, name, _ := strings.Cut(f.From, ".")
		if f.Source != item.FromEvidence || source == "invited" {
			continue
		}
		r := d.Records[source]
		_, wrong := d.Wrong[f.Key]
		if r.Values[name] != "" || f.Required && f.Fallback != item.FallAsk {
			out = append(out, FoundField{Field: f, Value: r.Values[name], From: r, Wrong: wrong})
		}
	}
	return out
}

// Paper is one material and how it comes in.
type Paper struct {
	Material item.Material
	Source   string   // elicence | shared | generated | promise | upload, "" while open
	From     Record   // of the source that has it, or that should have had it
	Ways     []string // what the applicant may choose from: promise, upload; nil if nothing is asked of them
	Done     bool
}

// Papers are the materials with the way each comes in: found beats generated beats the applicant's choice. A material that is
// not required is done in any case; it has ways if it may be uploaded.
func Papers(d Draft, v item.Version) []Paper {
	out := make([]Paper, 0, len(v.Materials))
	for _, m := range v.Materials {
		out = append(out, paper(d, m))
	}
	for _, f := range FoundFields(d, v) { // a source that is silent where the item wants proof or a promise instead
		if f.Value == "" && (f.Field.Fallback == item.FallUpload || f.Field.Fallback == item.FallPromise) {
			m := item.Material{Key: EvidenceKey + f.Field.Key, Name: f.Field.Label, NameEn: f.Field.LabelEn, Required: true, Basis: f.Field.Basis, Sources: []string{string(f.Field.Fallback)}}
			p := paper(d, m)
			p.From = f.From
			out = append(out, p)
		}
	}
	return out
}

// EvidenceKey begins the keys of papers that stand in for a source that gave nothing.
const EvidenceKey = "instead-of-"

// ProxyPaper is the key of the paper by which an agent shows their authority (民法典 第165条).
const ProxyPaper = "proxy"

func paper(d Draft, m item.Material) Paper {
	p := Paper{Material: m, From: d.Records[m.Resource]}
	if m.Key == ProxyPaper && d.For != nil { // it was signed here, and goes with the case
		p.Source, p.Done = "generated", true
		return p
	}
	for _, s := range m.Sources {
		switch s {
		case "generated":
			if m.Required {
				p.Source, p.Done = s, true
				return p
			}
		case "elicence", "shared":
			if m.Resource != "" && p.From.Gap == "" && len(p.From.Values) > 0 {
				p.Source, p.Done = s, true
				return p
			}
		case "promise", "upload":
			p.Ways = append(p.Ways, s)
		}
	}
	chosen := d.Supplies[m.Key]
	switch {
	case chosen == "upload":
		p.Source, p.Done = "upload", len(d.FilesOf(m.Key)) > 0
	case chosen != "" && slices.Contains(p.Ways, chosen):
		p.Source, p.Done = chosen, true
	}
	p.Done = p.Done || !m.Required && chosen != "upload"
	return p
}

// Values are all values of the form, as they would be submitted now.
func Values(d Draft, v item.Version, places map[string]string) map[string]string {
	facts := d.Facts(v)
	maps.Copy(facts, places)
	return v.Fill(v.Clean(d.Answers), facts)
}

package desk

import (
	"slices"

	"tongban/internal/domain/exchange"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
	"tongban/internal/page/upload"
)

// version is the rule of both places in force today, narrowed to what the answers so far leave.
func (f *Face) version(v visit, d draft) (item.Version, bool) {
	ver, ok := f.cfg.Kit.Rules(d.Item, f.here(v), d.There, workday.DateOf(f.now()))
	return ver.Narrow(d.Said), ok
}

// questions are the matter's yes-no questions that this person is asked.
func (v intakeView) questions() []item.Question {
	return slices.DeleteFunc(slices.Clone(v.Version.Questions), func(q item.Question) bool { return q.If.Holds(v.D.Said) != item.Yes })
}

// said is an answer as the form has it: y, n, or nothing yet.
func (d draft) said(key string) string {
	yes, known := d.Said[key]
	switch {
	case !known:
		return ""
	case yes:
		return "y"
	}
	return "n"
}

// takeSaid reads the answers to the yes-no questions.
func (d *draft) takeSaid(in upload.Form, ver item.Version) {
	for _, q := range ver.Questions {
		switch in.Get("s." + q.Key) {
		case "y":
			d.say(q.Key, true)
		case "n":
			d.say(q.Key, false)
		}
	}
}

func (d *draft) say(key string, yes bool) {
	if d.Said == nil {
		d.Said = map[string]bool{}
	}
	d.Said[key] = yes
}

// here is the area of the officer's own office.
func (f *Face) here(v visit) region.Code {
	o, _ := f.cfg.Kit.Office(v.by.Office)
	return o.Region
}

func (f *Face) facts(d draft) map[string]string { return f.cfg.Lodge.Facts(d.Person, d.There) }

// filled is the whole form with what is known, so that nobody types it.
func (f *Face) filled(d draft, ver item.Version) map[string]string {
	return ver.Fill(ver.Clean(d.Answers), f.facts(d))
}

// asked are the questions that remain: what only the applicant knows, and what a source did not answer.
func (f *Face) asked(d draft, ver item.Version) []item.Field {
	facts := f.facts(d)
	return slices.DeleteFunc(slices.Clone(ver.Form.Fields), func(field item.Field) bool {
		switch {
		case field.Source == item.Asked:
			return false
		case field.Source == item.FromEvidence && field.Required && field.Fallback == item.FallAsk:
			return facts[field.From] != ""
		}
		return true
	})
}

// defaultSource is the way to supply a material that costs the applicant least and claims nothing that was not checked.
func defaultSource(m item.Material) string {
	for _, s := range []string{"generated", "elicence", "promise", "shared", "upload"} {
		if m.Required && slices.Contains(m.Sources, s) {
			return s
		}
	}
	return ""
}

// listedFile is a file of a material with its place in the draft.
type listedFile struct {
	N int
	exchange.File
}

func (d draft) listed(material string) []listedFile {
	var out []listedFile
	for i, file := range d.Files {
		if file.Material == material {
			out = append(out, listedFile{i, file})
		}
	}
	return out
}

package unit

import (
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/item"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
)

// DocData is what every document of a case says: parties, places, materials, the running limit, and who issues it.
// Numbers of identity documents are masked (ux: citizen copies carry the last four).
func (k *Kit) DocData(c casefile.Case, by office.Office) document.Data {
	it, _ := k.Catalogue.Item(c.Item)
	d := document.Data{
		ID: NewID(), CaseNo: string(c.No), ItemName: it.Name, Office: by.Name, OfficeCode: by.Code, Phone: by.Phone,
		Date: workday.DateOf(c.Last).String(), ApplicantName: c.Private.Applicant.Name,
		ApplicantMaskedID: idno.Mask(c.Private.Applicant.IDNo),
		HereOffice:        k.legOffice(c, item.Collect).Name, ThereOffice: k.Responsible(c).Name,
	}
	if a, ok := k.Catalogue.AgreementBy(c.Mandate.Digest); ok {
		d.Mandate, d.DecidedBy = a.Title, k.legOffice(c, item.Decide).Name
	}
	if unit, ok := c.Unit(); ok { // what is decided is decided to the unit
		d.ApplicantName, d.ApplicantMaskedID = unit.Name, string(unit.USCC)
	}
	for _, m := range c.Private.Materials {
		d.Materials = append(d.Materials, document.Material{Name: m.Name, Pages: max(1, len(m.Files)), Form: m.Source})
	}
	if due, ok := c.Due(); ok {
		d.Due, d.DueKind = due.On.String(), string(due.Kind)
	}
	v, ok := k.Catalogue.Local(c.Item, c.Here, c.There, workday.DateOf(c.Last), k.Regions)
	if !ok {
		return d
	}
	for _, l := range v.Limits {
		if l.Kind == item.LimitDecide {
			d.PromisedDays, d.StatutoryDays = l.Promised.N, l.Length.N
		}
		if l.Kind == item.LimitIntake {
			if by, provisional := k.Calendar.Due(workday.DateOf(c.Last), l.Length); !provisional {
				d.AcceptBy = by.String()
			}
		}
	}
	return d
}

func (k *Kit) legOffice(c casefile.Case, kind item.LegKind) office.Office {
	l, ok := c.LegOf(kind)
	if !ok {
		l = c.Legs[0]
	}
	o, _ := k.Office(l.Office)
	return o
}

// Holder is the office that a leg belongs to.
func (k *Kit) Holder(c casefile.Case, kind item.LegKind) office.Office { return k.legOffice(c, kind) }

// Responsible is the office that answers for the decision: in whose name it was made.
func (k *Kit) Responsible(c casefile.Case) office.Office {
	o, _ := k.Office(c.Responsible().Office)
	return o
}

// ReasonedData is DocData with the decision's substance: result or reasons with their articles, and where to turn
// (行政许可法 第38条; 行政复议法 第24条; 行政诉讼法 第18条). Review body and court are named by the place, as the law does.
func (k *Kit) ReasonedData(c casefile.Case, d casefile.Decision) document.Data {
	decider := k.Responsible(c) // also of what another office decided in its name (行政复议法 第19条)
	data := k.DocData(c, decider)
	place := k.Regions.FullName(decider.Region)
	data.ReviewOrg, data.Court = place, place // the sentences add government and court
	v, err := k.Catalogue.Pinned(c.Rule.Digest, c.Rule.Pins)
	if err != nil {
		return data
	}
	data.Result = v.Result.Name
	if at := c.Private.Consent.At; v.Result.Counts == item.CountsFromMonth && d.Outcome == casefile.Granted && !at.IsZero() {
		day := workday.DateOf(at) // when the applicant handed it in, not when it came here
		data.CountsFrom = workday.NewDate(day.Year(), day.Month(), 1).String()
	}
	for _, key := range d.Reasons {
		text, basis := key, ""
		for _, r := range v.Refusals {
			if r.Key == key {
				text, basis = r.Text, v.Cite(r.Basis)
			}
		}
		data.Reasons = append(data.Reasons, text)
		if basis != "" {
			data.Basis = append(data.Basis, basis)
		}
	}
	if d.Text != "" {
		data.Facts = append(data.Facts, d.Text)
	}
	if len(data.Basis) == 0 {
		for _, b := range v.Basis {
			data.Basis = append(data.Basis, b.Law+" "+b.Article)
		}
	}
	return data
}

package inquire

import (
	"time"

	"tongban/internal/domain/assist"
	"tongban/internal/domain/document"
	"tongban/internal/domain/inquiry"
	"tongban/internal/kernel/idno"
	"tongban/internal/kernel/workday"
)

// letter is what P-09 says: the question, or the answer to it, which names the letter that it answers by number and check code.
func (d *Desk) letter(q inquiry.Inquiry) document.Data {
	kind, _ := assist.Default().On(q.Type, q.Day())
	it, _ := d.Kit.Catalogue.Item(q.Of.Item)
	by, _ := d.Kit.Office(q.Office)
	of, _ := d.Kit.Office(q.Desk)
	out := document.Data{
		ID: q.ID, No: number(q, ""), CaseNo: string(q.Of.No), ItemName: it.Name, ApplicantName: q.About.Name, ApplicantMaskedID: idno.Mask(q.About.IDNo),
		Office: by.Name, OfficeCode: by.Code, Phone: by.Phone, Date: q.Day().String(), Basis: []string{kind.BasisZh},
		Inquiry: document.Inquired{Question: kind.Zh, By: by.Name, Of: of.Name, At: stamp(q.At), Due: q.Due.String(), Words: q.Words},
	}
	for _, key := range q.Fields {
		f, _ := kind.Field(key)
		out.Answers = append(out.Answers, document.Answer{Field: f.Zh})
	}
	if q.Reply == nil {
		return out
	}
	r := *q.Reply
	out.ID, out.No, out.Date = r.ID, number(q, "-2"), workday.DateOf(r.At).String()
	out.Office, out.OfficeCode, out.Phone = of.Name, of.Code, of.Phone
	out.Inquiry.Answered, out.Inquiry.Note = stamp(r.At), r.Note
	if asked, err := document.Read(q.Letter); err == nil {
		out.Inquiry.LetterNo, out.Inquiry.Letter = asked.No, asked.Check
	}
	if reason, ok := d.Kit.Catalogue.Reason(r.Declined); ok {
		out.Inquiry.Declined = reason.Zh
	}
	for i, key := range q.Fields {
		out.Answers[i].Value = r.Values[key]
		if f, _ := kind.Field(key); f.Kind == assist.YesNo && r.Values[key] != "" {
			out.Answers[i].Value = "answer-" + r.Values[key]
		}
	}
	return out
}

// number is 文号: the case, and the end of the question's own id, because a case may have several.
func number(q inquiry.Inquiry, end string) string {
	return string(q.Of.No) + "-" + string(document.Inquiry) + "-" + q.ID[max(0, len(q.ID)-6):] + end
}

// stamp is an instant as a letter says it.
func stamp(at time.Time) string { return at.In(workday.Zone).Format("2006-01-02 15:04") }

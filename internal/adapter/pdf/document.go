package pdf

import (
	"github.com/signintech/gopdf"
	"rsc.io/qr"

	"tongban/internal/domain/document"
	"tongban/internal/kernel/errs"
)

// Document writes a paper that is no licence: its blocks in order, and a code that leads to verify. It carries the text of the document
// and adds none but the address. Errors: errs.PDFUnavailable without the font, errs.FontLacks.
func Document(d document.Doc, verify string) ([]byte, error) {
	t, err := faces()
	if err != nil {
		return nil, err
	}
	if err := t.lacks(linesOf(d, verify)); err != nil {
		return nil, err
	}
	w := writer{y: margin, faces: t}
	w.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	w.pdf.AddPage()
	for i, f := range t {
		w.try(w.pdf.AddTTFFontData(family(i), f.data))
	}
	w.document(d, verify)
	if w.err != nil {
		return nil, errs.Wrap(errs.Unexpected, w.err, "pdf")
	}
	b, err := w.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "pdf")
	}
	return b, nil
}

// linesOf is every text that a print of the document shows.
func linesOf(d document.Doc, verify string) []string {
	out := []string{d.Title, d.No, d.To, d.Office, d.Date, verify}
	for _, b := range d.Blocks {
		out = append(out, b.Heading, b.Para)
		for _, f := range b.Fields {
			out = append(out, f[0], f[1])
		}
		if b.Table != nil {
			out = append(out, b.Table.Head...)
			for _, row := range b.Table.Rows {
				out = append(out, row...)
			}
		}
	}
	return out
}

// Sizes of a document in points.
const (
	headSize  = 13.0
	codeSmall = 80.0
	cellGap   = 6.0
)

func (w *writer) document(d document.Doc, verify string) {
	w.para(d.Title, headSize+4)
	w.y += headSize
	for _, line := range []string{d.No, d.To} {
		w.para(line, textSize)
	}
	for _, b := range d.Blocks {
		if b.Heading != "" {
			w.room(headSize * 4) // a heading does not stand alone at the foot of a page
			w.y += headSize
			w.para(b.Heading, headSize)
		}
		w.para(b.Para, textSize)
		for _, f := range b.Fields {
			w.row(f[0], f[1])
		}
		if b.Table != nil {
			w.table(*b.Table)
		}
	}
	w.y += textSize
	w.para(d.Office, textSize)
	w.para(d.Date, textSize)
	w.code(verify)
}

// para is a text over the whole width; without one there is no line.
func (w *writer) para(s string, size float64) {
	if s == "" {
		return
	}
	for _, line := range w.wrapped(s, pageWidth-2*margin, size) {
		w.room(size * lineHeight)
		w.y += size
		w.put(margin, size, line)
		w.y += size * (lineHeight - 1)
	}
	w.y += size * 0.4
}

// table sets columns of equal width, the first twice as wide where there is room, and its head again on each page.
func (w *writer) table(t document.Table) {
	n := len(t.Head)
	if n == 0 {
		return
	}
	widths := make([]float64, n)
	parts := float64(n)
	if n > 2 {
		parts++
	}
	for i := range widths {
		widths[i] = (pageWidth - 2*margin) / parts
	}
	if n > 2 {
		widths[0] *= 2
	}
	w.line(t.Head, widths, true)
	for _, row := range t.Rows {
		if w.line(row, widths, false) {
			continue
		}
		w.pdf.AddPage()
		w.y = margin
		w.line(t.Head, widths, true)
		w.line(row, widths, true)
	}
	w.y += smallSize
}

// line is one row of a table with a rule below it; without room for it false, unless it must.
func (w *writer) line(cells []string, widths []float64, must bool) bool {
	lines := make([][]string, len(widths))
	most := 1
	for i := range widths {
		if i < len(cells) {
			lines[i] = w.wrapped(cells[i], widths[i]-cellGap, smallSize)
		}
		most = max(most, len(lines[i]))
	}
	high := float64(most)*smallSize*1.35 + cellGap
	if w.y+high > pageHeight-margin {
		if !must {
			return false
		}
		w.room(high)
	}
	top, x := w.y, margin
	for i, of := range lines {
		w.y = top + smallSize
		for _, s := range of {
			w.put(x, smallSize, s)
			w.y += smallSize * 1.35
		}
		x += widths[i]
	}
	w.y = top + high
	w.pdf.SetLineWidth(0.4)
	w.pdf.Line(margin, w.y-cellGap/2, pageWidth-margin, w.y-cellGap/2)
	return true
}

// code is where the paper can be looked up, as a code and in letters.
func (w *writer) code(verify string) {
	w.room(codeSmall + textSize*2)
	w.y += textSize
	code, err := qr.Encode(verify, qr.M)
	if err != nil {
		w.try(err)
		return
	}
	module := codeSmall / float64(code.Size)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				w.pdf.RectFromUpperLeftWithStyle(margin+float64(x)*module, w.y+float64(y)*module, module, module, "F")
			}
		}
	}
	w.y += codeSmall / 2
	w.put(margin+codeSmall+20, smallSize, verify)
}

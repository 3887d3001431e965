// Package document is the one typed legal document 文书: receipt, acceptance, correction, decision, licence print. Its
// canonical bytes are signed; every writer (print view, PDF, OFD, plain text) carries the text that stands here and adds
// none. What each kind must say follows 行政许可法 第32、38、42条; the sentences are data in catalogue/documents.
package document

import (
	"encoding/binary"
	"strings"

	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// Typ is the type under which a document is signed.
const Typ = "document"

// Kind is the number of the document's form. Numbers cross nodes: append only.
type Kind string

// The kinds.
const (
	Intake      Kind = "P-01" // 收件凭证
	Acceptance  Kind = "P-02" // 受理通知书
	Correction  Kind = "P-03" // 材料补正告知书
	NotAccepted Kind = "P-04" // 不予受理通知书
	Extension   Kind = "P-05" // 延期告知书
	Grant       Kind = "P-06" // 准予决定书
	Refusal     Kind = "P-07" // 不予决定书
	Licence     Kind = "P-08" // 证照打印件
	Inquiry     Kind = "P-09" // 协查函、核实回函
	Manifest    Kind = "P-10" // 交接清单
	Mandate     Kind = "P-11" // 授权委托书
	Payment     Kind = "P-17" // 缴费凭证
	Procedure   Kind = "P-18" // 特别程序告知书
)

// Kinds lists all kinds in order.
func Kinds() []Kind {
	return []Kind{Intake, Acceptance, Correction, NotAccepted, Extension, Grant, Refusal, Licence, Inquiry, Manifest, Mandate, Payment, Procedure}
}

// Doc is a document as issued. It is a value: once composed it is not changed, because Check and the signature cover it.
type Doc struct {
	ID         string  `json:"id"` // UUIDv7
	Kind       Kind    `json:"kind"`
	No         string  `json:"no"` // 文号
	Title      string  `json:"title"`
	CaseNo     string  `json:"case_no"`
	Office     string  `json:"office"` // who issues it, as at its foot
	OfficeCode string  `json:"office_code,omitempty"`
	To         string  `json:"to"`   // 相对人
	Date       string  `json:"date"` // YYYY-MM-DD, Asia/Shanghai
	Blocks     []Block `json:"blocks"`
	Check      string  `json:"check"`       // 8 characters to read aloud, from the hash of all the rest
	VerifyPath string  `json:"verify_path"` // path below a node's address, for the QR code
}

// Block is one of: a heading, a paragraph, fields with labels, a table.
type Block struct {
	Heading string      `json:"heading,omitempty"`
	Para    string      `json:"para,omitempty"`
	Fields  [][2]string `json:"fields,omitempty"` // label, value
	Table   *Table      `json:"table,omitempty"`
}

// Table has as many cells in each row as in its head.
type Table struct {
	Head []string   `json:"head"`
	Rows [][]string `json:"rows"`
}

// Canonical is the bytes that are signed and stored: JSON in the order of the struct, without HTML escaping.
func (d Doc) Canonical() ([]byte, error) { return proof.Marshal(d) }

// Read takes a document out of a signed object, whose signature the caller has checked. Errors: errs.WrongType,
// errs.UnreadableBody, errs.DocumentAltered if the check code is not that of the content.
func Read(s proof.Signed) (Doc, error) {
	if s.Typ != Typ {
		return Doc{}, errs.New(errs.WrongType, "%q, want %q", s.Typ, Typ)
	}
	var d Doc
	if err := s.Into(&d); err != nil {
		return Doc{}, err
	}
	check, err := d.checkCode()
	if err != nil {
		return Doc{}, err
	}
	if d.Check != check || d.VerifyPath != verifyPath(check) {
		return Doc{}, errs.New(errs.DocumentAltered, "document %s", d.ID)
	}
	return d, nil
}

// checkAlphabet has 32 characters that cannot be taken for one another when read or spoken: no 0, 1, I, O.
const checkAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// CheckSize is the length of a check code: 40 bits, enough to find a document by and to notice a slip of the pen. It is
// no proof against a forger; the signature is.
const CheckSize = 8

func (d Doc) checkCode() (string, error) {
	d.Check, d.VerifyPath = "", ""
	b, err := d.Canonical()
	if err != nil {
		return "", err
	}
	h := proof.HashOf(b)
	bits := binary.BigEndian.Uint64(h[:8])
	var out [CheckSize]byte
	for i := range out {
		out[i] = checkAlphabet[bits>>(59-5*i)&31]
	}
	return string(out[:]), nil
}

func verifyPath(check string) string { return "/v/" + check }

// NormalCheck reads a check code as people type it (lower case, blanks, hyphens); false if it cannot be one.
func NormalCheck(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u3000' {
			return -1
		}
		return r
	}, strings.ToUpper(s))
	if len(s) != CheckSize || strings.Trim(s, checkAlphabet) != "" {
		return "", false
	}
	return s, true
}

// Text is the document as plain text, each block on its own lines: the reference that every other writer is held to.
func (d Doc) Text() string {
	var b strings.Builder
	line := func(cells ...string) { b.WriteString(strings.Join(cells, "\t") + "\n") }
	line(d.Title)
	line(d.No)
	line(d.To)
	for _, block := range d.Blocks {
		if block.Heading != "" {
			line(block.Heading)
		}
		if block.Para != "" {
			line(block.Para)
		}
		for _, f := range block.Fields {
			line(f[0], f[1])
		}
		if block.Table != nil {
			line(block.Table.Head...)
			for _, row := range block.Table.Rows {
				line(row...)
			}
		}
	}
	line(d.Check)
	line(d.VerifyPath)
	line(d.Office)
	line(d.Date)
	return b.String()
}

// Says reports whether a field of the document holds a text.
func (d Doc) Says(text string) bool {
	for _, b := range d.Blocks {
		for _, f := range b.Fields {
			if strings.Contains(f[1], text) {
				return true
			}
		}
	}
	return false
}

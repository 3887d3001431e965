package licence

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"tongban/internal/domain/document"
	"tongban/internal/kernel/errs"
	"tongban/internal/proof"
)

// The kinds of a File; each is also the type of the signed object inside.
const (
	FileLicence  = Typ
	FileReceipt  = "receipt"
	FileDocument = document.Typ
	FileFact     = "fact"
)

// File is what a person downloads and anyone can hold against the trust list: `tongban verify FILE`.
type File struct {
	Kind   string       `json:"kind"`
	Signed proof.Signed `json:"signed"`
}

// NewFile wraps a signed object for download; errs.WrongType for a type that is no kind of file.
func NewFile(s proof.Signed) (File, error) {
	f := File{Kind: s.Typ, Signed: s}
	return f, f.check()
}

// ReadFile reads a File and nothing after it. Errors: errs.UnreadableBody, errs.WrongType if the kind is unknown or is not
// that of the object inside. It does not check the signature.
func ReadFile(b []byte) (File, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var f File
	if err := dec.Decode(&f); err != nil {
		return File{}, errs.Wrap(errs.UnreadableBody, err, "file")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return File{}, errs.New(errs.UnreadableBody, "file: more than one value")
	}
	return f, f.check()
}

func (f File) check() error {
	switch f.Kind {
	case FileLicence, FileReceipt, FileDocument, FileFact:
	default:
		return errs.New(errs.WrongType, "no kind of file %q", f.Kind)
	}
	if f.Signed.Typ != f.Kind {
		return errs.New(errs.WrongType, "file of kind %s holds %q", f.Kind, f.Signed.Typ)
	}
	return nil
}

// Bytes is the file's text: indented, so that people can look into it.
func (f File) Bytes() ([]byte, error) {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "file")
	}
	return append(b, '\n'), nil
}

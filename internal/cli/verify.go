package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tongban/catalogue"
	"tongban/internal/domain/accesslog"
	"tongban/internal/domain/bulletin"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/document"
	"tongban/internal/domain/exchange"
	"tongban/internal/domain/licence"
	"tongban/internal/domain/licence/sdjwt"
	"tongban/internal/domain/office"
	"tongban/internal/handling/federate"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// verdictJSON is what `verify --json` prints.
type verdictJSON struct {
	Valid  bool   `json:"valid"`
	Kind   string `json:"kind"`
	Issuer string `json:"issuer"`
	Reason string `json:"reason"`
	// Status is a licence's by its issuer's list: in-force, suspended, ended; "" if no list was read. AsOf is the list's time.
	Status string `json:"status,omitempty"`
	AsOf   string `json:"as_of,omitempty"`

	unasked bool // there is a list, and nobody named it
}

// maxFile bounds what verify reads; only a bulletin of all provinces, with their statements, comes near it.
const maxFile = 64 << 20

// runVerify holds a downloaded file against the trust list, without any network unless -online asks the issuer for its status list.
func runVerify(ctx context.Context, e *env) int {
	f := e.flags("verify")
	e.withJSON(f)
	trustPath := f.String("trust", "", "trust list; empty is $TONGBAN_TRUST, then ./.tongban/trust.json")
	on := f.String("on", "", "day on which a licence should be in force, YYYY-MM-DD; empty is today")
	status := f.String("status", "", "the issuer's status list, as its pages serve it under /status/")
	online := f.Bool("online", false, "fetch the issuer's status list from the address in the trust list")
	rest, code, ok := e.parse(f, 1)
	if !ok {
		return code
	}
	if len(rest) == 0 {
		return e.fail(errs.New(errs.FileUnreadable, "no file named"))
	}
	day := workday.DateOf(time.Now())
	if *on != "" {
		var err error
		if day, err = workday.ParseDate(*on); err != nil {
			return e.fail(err)
		}
	}
	trust, path, err := e.trust(*trustPath)
	if err != nil {
		e.fail(err)
		return exitUsage
	}
	b, err := readSmall(rest[0])
	if err != nil {
		return e.fail(err)
	}
	if x, err := accesslog.ReadExtract(b); err == nil {
		return e.verifyExtract(x, trust, path)
	}
	if x, ok := bulletin.ReadIssued(b); ok {
		v := verdictJSON{Kind: bulletin.Typ}
		issue, err := x.Check(trust)
		if n, ok := trust.Node(issue.Issuer); ok && err == nil {
			v.Issuer = n.Name
		}
		return e.verdict(v, err, trust, path)
	}
	src := statusSource{file: *status, online: *online, now: time.Now()}
	if text, ok := sdjwt.Text(b); ok {
		v := verdictJSON{Kind: kindCredential}
		err := checkLicence(ctx, &v, text, licence.File{}, trust, day, src)
		return e.verdict(v, err, trust, path)
	}
	file, err := licence.ReadFile(b)
	v := verdictJSON{Kind: file.Kind}
	switch {
	case err == nil && file.Kind == licence.FileLicence:
		err = checkLicence(ctx, &v, "", file, trust, day, src)
	case err == nil:
		v.Issuer, err = judge(file, trust)
	case !errs.Is(err, errs.WrongType) || file.Signed.Typ == "": // not a file of ours at all
		return e.fail(errs.Wrap(errs.FileUnreadable, err, ""))
	}
	return e.verdict(v, err, trust, path)
}

// verifyExtract holds a proof file of an access log against the trust list, and says what of it is proved.
func (e *env) verifyExtract(x accesslog.Extract, trust *office.TrustList, path string) int {
	v := verdictJSON{Kind: accesslog.ExtractKind}
	p, err := x.Check(trust)
	if n, ok := trust.Node(p.Head.Node); ok {
		v.Issuer = n.Name
	}
	if p.Head.Size > 0 && !e.json {
		e.line("verify-log", p.Lines, p.Head.Size, workday.DateOf(p.Head.At), len(p.Witnesses), p.Pending)
	}
	return e.verdict(v, err, trust, path)
}

// verdict says what was found.
func (e *env) verdict(v verdictJSON, err error, trust *office.TrustList, path string) int {
	v.Valid, v.Reason = err == nil, e.text("verify-good")
	if err != nil {
		v.Reason = errs.CodeOf(err).Text(e.lang).What
	}
	if e.json {
		e.print(v)
	} else {
		key := "verify-yes"
		if !v.Valid {
			key = "verify-no"
		}
		e.line(key, e.text("kind-"+v.Kind), v.Issuer, v.Reason)
		if v.Status != "" {
			e.line("verify-status", e.text("status-"+v.Status), v.AsOf)
		} else if v.unasked {
			e.line("verify-status", e.text("status-unknown"), "")
		}
		if err != nil {
			e.line("verify-next", errs.CodeOf(err).Text(e.lang).Next)
		}
		e.line("verify-trust", path, trust.Version, workday.DateOf(trust.Issued))
	}
	if !v.Valid {
		return exitNo
	}
	return exitYes
}

// judge checks signature and content of a file, and names who issued it as far as that is proved.
func judge(f licence.File, trust *office.TrustList) (issuer string, err error) {
	node, err := trust.Check(f.Signed, f.Kind)
	if err != nil {
		return "", err
	}
	by := node.ID
	switch f.Kind {
	case licence.FileDocument:
		return judgeDocument(f, node)
	case licence.FileReceipt:
		var r exchange.Receipt
		err = f.Signed.Into(&r)
		by = r.From
	case licence.FileFact:
		var fact casefile.Fact
		err = f.Signed.Into(&fact)
		by = fact.By
	}
	if err == nil && by != node.ID {
		err = errs.New(errs.ForeignOffice, "%s of %s, signed by %s", f.Kind, by, node.ID)
	}
	return node.Name, err
}

// judgeDocument reads a legal document: the office at its foot must be one of the signing province.
func judgeDocument(f licence.File, node office.Node) (string, error) {
	d, err := document.Read(f.Signed)
	if err != nil {
		return "", err
	}
	offices, err := office.Load(catalogue.FS)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(offices, func(o office.Office) bool { return o.Code == d.OfficeCode })
	if !node.ID.Member() || i >= 0 && offices[i].Node != node.ID {
		return "", errs.New(errs.ForeignOffice, "office %s, signed by %s", d.OfficeCode, node.ID)
	}
	return d.Office, nil
}

// trust opens the trust list that was named, or the default one, and says which.
func (e *env) trust(path string) (*office.TrustList, string, error) {
	named := path != ""
	if !named {
		path = e.Getenv("TONGBAN_TRUST")
		named = path != ""
	}
	if !named {
		path = filepath.Join(".tongban", "trust.json")
	}
	list, err := readTrust(path)
	if err != nil && !named && errors.Is(err, fs.ErrNotExist) {
		err = errs.New(errs.TrustMissing, "%s", path)
	}
	return list, path, err
}

// readTrust reads a trust file and checks its signatures.
func readTrust(path string) (*office.TrustList, error) {
	t, err := openTrust(path)
	if err != nil {
		return nil, err
	}
	return t.List(), nil
}

func openTrust(path string) (*federate.Trust, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	var f federate.File
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, errs.Wrap(errs.BadTrustList, err, "%s", filepath.Base(path))
	}
	if len(f.Operator) == 0 {
		return nil, errs.New(errs.BadTrustList, "%s names no operator", filepath.Base(path))
	}
	return federate.NewTrust(f.Operator, &f.Trust)
}

// readSmall reads a file of at most maxFile bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errs.Wrap(errs.FileUnreadable, err, "")
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, errs.New(errs.FileUnreadable, "%s is no file of at most %d bytes", filepath.Base(path), maxFile)
	}
	b, err := os.ReadFile(path) //nolint:gosec // the user names the file
	if err != nil {
		return nil, errs.Wrap(errs.FileUnreadable, err, "")
	}
	return b, nil
}

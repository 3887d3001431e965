package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"tongban/internal/adapter/sqlstore"
	"tongban/internal/domain/office"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
	"tongban/internal/proof"
)

// keyLook is how often a change of keys is looked at while it waits for the other processes of the node.
const keyLook = 2 * time.Second

// retiredFolder is where the files of retired keys are put, below the folder of keys.
const retiredFolder = "retired"

// keyLine is what the command tells of a generation.
type keyLine struct {
	sqlstore.KeyGeneration
	Rows int64 `json:"rows"` // that rest under it
}

// runKeys shows and changes the keys at rest, beside the running node.
func runKeys(ctx context.Context, e *env) int {
	f := e.flags("keys")
	e.withJSON(f)
	path := f.String("config", configFile, "configuration, or the folder that holds it")
	signing := f.Bool("signing", false, "rotate: the key that signs, through the trust list")
	code := f.String("code", "", "rotate -signing: the code that the hub's operator gave (tongban invite)")
	without := f.Bool("without-backups", false, "retire: although fewer than two backups were made since")
	rest, exit, ok := e.parse(f, 1)
	if !ok {
		return exit
	}
	c, err := readConfig(*path)
	if err == nil && (len(rest) != 1 || c.ID == office.Hub) {
		err = errs.New(errs.BadRequest, "list, rotate or retire, and a province")
	}
	if err != nil {
		return e.fail(err)
	}
	if *signing {
		if rest[0] != "rotate" || *code == "" {
			return e.fail(errs.New(errs.BadRequest, "rotate -signing -code CODE"))
		}
		return e.succeed(ctx, c, *code)
	}
	s, err := nodePlace{c.ID, c.dir, c.DB, c.Schema}.open(ctx)
	if err != nil {
		return e.fail(err)
	}
	switch rest[0] {
	case "list":
	case "rotate":
		err = e.rotate(ctx, s)
	case "retire":
		var old []proof.Generation
		if old, err = s.RetireKeys(ctx, !*without); err == nil {
			err = setAside(c.path("keys"), old)
		}
	default:
		err = errs.New(errs.BadRequest, "%s: list, rotate or retire", rest[0])
	}
	if err == nil {
		err = e.listKeys(ctx, s)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return e.fail(err)
	}
	return exitYes
}

// rotate makes new keys, or goes on with those that were made, until everything rests under them.
func (e *env) rotate(ctx context.Context, s *sqlstore.Store) error {
	if err := s.NewKeys(ctx); err != nil && !errs.Is(err, errs.KeysMoving) {
		return err
	}
	for {
		r, err := s.Reseal(ctx)
		if err != nil || r == sqlstore.ResealNothing {
			return err
		}
		if r == sqlstore.ResealMore {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(keyLook):
		}
	}
}

// setAside moves the files of retired keys away: with a backup of before they still open it.
func setAside(dir string, old []proof.Generation) error {
	if err := os.MkdirAll(filepath.Join(dir, retiredFolder), 0o700); err != nil {
		return err
	}
	for _, g := range old {
		for _, name := range proof.RestNames(g) {
			err := os.Rename(filepath.Join(dir, name+".pem"), filepath.Join(dir, retiredFolder, name+".pem"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process of the node was first
				return err
			}
		}
	}
	return nil
}

func (e *env) listKeys(ctx context.Context, s *sqlstore.Store) error {
	list, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	rows, err := s.KeyRows(ctx)
	if err != nil {
		return err
	}
	lines := make([]keyLine, 0, len(list))
	for _, k := range list {
		lines = append(lines, keyLine{k, rows[k.Gen]})
	}
	if e.json {
		e.print(lines)
		return nil
	}
	for _, l := range lines {
		e.line("keys-line", l.Gen, e.text("keys-"+l.State), l.Made.In(workday.Zone).Format("2006-01-02 15:04"), l.Rows)
	}
	switch change := changeOf(list); {
	case change == "" && slices.ContainsFunc(list, func(k sqlstore.KeyGeneration) bool { return k.State == "retired" }):
		e.line("keys-aside")
	case change != "":
		e.line("keys-next-" + change)
	}
	return nil
}

// changeOf tells how far a change of keys is: "" none, "moving" or "clean".
func changeOf(list []sqlstore.KeyGeneration) string {
	change := ""
	for _, k := range list {
		switch {
		case k.State == "coming", k.State == "leaving" && change == "":
			change = "moving"
		case k.State == "seals" && !k.Clean.IsZero() && change != "":
			change = "clean"
		}
	}
	return change
}

// atRest says which generation of keys seals and how far a change is.
func (p *patient) atRest(ctx context.Context, s *sqlstore.Store) {
	list, err := s.Keys(ctx)
	if err != nil {
		p.hold("rest", err, "")
		return
	}
	i := slices.IndexFunc(list, func(k sqlstore.KeyGeneration) bool { return k.State == "seals" })
	detail, state := p.e.text("keys-doctor-generation")+strconv.Itoa(int(list[i].Gen)), "ok"
	if change := changeOf(list); change != "" {
		detail, state = p.e.text("keys-doctor-"+change)+strconv.FormatInt(list[i].Moved, 10), "warn"
	}
	p.say("rest", state, detail)
}

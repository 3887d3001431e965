package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// dist holds what web/ builds. It may be empty but for .keep: pages are then plain and work all the same.
//
//go:embed all:assets/dist
var dist embed.FS

// asset is one file under the name that carries its content's hash.
type asset struct {
	kind         string // media type
	plain, gzip  []byte
	hashedName   string
	originalName string
}

// bundle is the assets by hashed and by original name.
type bundle struct{ byHash, byName map[string]*asset }

var assets = sync.OnceValue(func() bundle {
	sub, err := fs.Sub(dist, "assets/dist")
	if err != nil {
		return bundle{}
	}
	return readAssets(sub)
})

// readAssets reads all visible files of dir; a file that cannot be read is left out, as if it had not been built.
func readAssets(dir fs.FS) bundle {
	b := bundle{map[string]*asset{}, map[string]*asset{}}
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return b
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(name)
		a := &asset{
			kind: mime.TypeByExtension(ext), plain: data, gzip: packed(data), originalName: name,
			hashedName: strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:6]) + ext,
		}
		b.byHash[a.hashedName], b.byName[name] = a, a
	}
	return b
}

func packed(data []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(data); err != nil {
		return nil
	}
	if err := z.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}

// AssetURL gives the address of a built asset, or "" if the assets were not built.
func AssetURL(name string) string {
	if a, ok := assets().byName[name]; ok {
		return "/assets/" + a.hashedName
	}
	return ""
}

// HasAssets reports whether the style sheet was built in.
func HasAssets() bool { return AssetURL("app.css") != "" }

// Assets serves the built assets under /assets/. A name carries its content's hash, so it may be kept for ever.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets().byHash[strings.TrimPrefix(r.URL.Path, "/assets/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Vary", "Accept-Encoding")
		body := a.plain
		if a.gzip != nil && acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = a.gzip
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a reader who went away is no error of ours
		}
	})
}

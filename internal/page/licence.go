package page

import (
	"context"
	"slices"
	"strings"

	"tongban/internal/domain/item"
	"tongban/internal/domain/licence"
)

// ClaimLabel says what a field of a licence is that is asked for or shown; face is what stands on the type. "" is a field that
// people need not see.
func ClaimLabel(ctx context.Context, face []item.ResultField, name string) string {
	switch name {
	case licence.ClaimNo:
		return T(ctx, "register.no")
	case licence.ClaimHolderName:
		return T(ctx, "register.holder")
	case licence.ClaimHolderCode:
		return T(ctx, "register.holder_code")
	case licence.ClaimBearerCode:
		return T(ctx, "presentation.bearer")
	case licence.ClaimHolderCodeType, licence.ClaimBearerCodeType:
		return ""
	}
	i := slices.IndexFunc(face, func(f item.ResultField) bool { return f.Key == name })
	switch {
	case i < 0:
		return name
	case PrefsOf(ctx).Lang == "en" && face[i].LabelEn != "":
		return face[i].LabelEn
	}
	return face[i].Label
}

// List joins names as the reader's language does.
func List(ctx context.Context, names []string) string {
	return strings.Join(names, T(ctx, "wallet.comma"))
}

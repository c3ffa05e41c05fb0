//go:build tools

package tools

import (
	_ "github.com/stefanprodan/podinfo/cmd/podinfo"
)

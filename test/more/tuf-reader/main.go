package main

import (
	"fmt"
	"os"

	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"
)

func main() {
	root, err := os.ReadFile(os.Args[2])
	check(err)
	cfg, err := config.New(os.Args[1], root)
	check(err)
	cfg.LocalMetadataDir, cfg.LocalTargetsDir = os.Args[3], os.Args[3]
	cfg.RemoteTargetsURL = os.Args[1]
	up, err := updater.New(cfg)
	check(err)
	check(up.Refresh())
	target, err := up.GetTargetInfo(os.Args[4])
	check(err)
	fmt.Printf("%s %d %s\n", target.Path, target.Length, target.Hashes["sha256"])
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

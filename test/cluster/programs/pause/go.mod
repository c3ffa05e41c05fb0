module skerry.example/pause

go 1.19

"""Cells as files hold them: text (`dialect`, `text`), Parquet (`parquet`) and numbers written as text (`numbers`)."""

"""Technology behind the ports: the only importer of boto3 and of parsers."""

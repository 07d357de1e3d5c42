"""Local Knowledge Bases: resources, ingestion of documents, retrieval, reranking and answers with citations."""

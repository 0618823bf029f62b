"""The router: which pages there are, what stands around them, and what is said when one fails."""

import logging

import streamlit as st


def main() -> None:
    """Run the page that the address names."""
    from pages.parts import frame, state, visitor

    st.set_page_config(page_title="Unroll", page_icon=".streamlit/favicon.png", layout="wide")
    logging.getLogger("unroll").setLevel(logging.INFO)
    is_shared = "share" in st.query_params
    page = st.navigation(
        [
            st.Page("pages/data.py", title="Data", default=True),
            st.Page("pages/train.py", title="Train"),
            st.Page("pages/compare.py", title="Compare"),
            st.Page("pages/runs.py", title="Runs"),
            st.Page("pages/report.py", title="Report", visibility="hidden"),
        ],
        position="hidden" if is_shared else "top",
    )
    state.begin(page.url_path)
    if page.url_path != "report":
        frame.context_line()
    frame.shown(page.run)
    visitor.attend()


if __name__ == "__main__":
    main()

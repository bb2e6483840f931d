# An image for a class: the library, the chapters for students, smollm2, and JupyterLab.
# What runs in it needs no network. Binder builds it too; JupyterHub: book/teach/jupyterhub.md.
#
#     docker build --tag confidence-neurons .
#     docker run --rm --publish 8888:8888 confidence-neurons

FROM python:3.11-slim-bookworm

ARG NB_USER=jovyan
ARG NB_UID=1000
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV HOME=/home/${NB_USER} \
    CONFIDENCE_NEURONS_CACHE=/opt/confidence-neurons/cache \
    HF_HUB_OFFLINE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# What changes seldom comes first. torch comes from the index of its CPU builds.
WORKDIR /opt/confidence-neurons/source
COPY constraints.txt ./
RUN pip install -c constraints.txt --extra-index-url "${TORCH_INDEX}" \
        "$(grep '^torch==' constraints.txt)" \
    && pip install -c constraints.txt "jupyterlab>=4.4,<5" "jupyterhub>=5,<7"

COPY pyproject.toml README.md LICENSE ./
COPY lib lib
COPY scripts/jupyter_charts.py scripts/
RUN pip install -c constraints.txt . \
    && confidence-neurons fetch smollm2 \
    && python scripts/jupyter_charts.py \
    && jupyter labextension disable "@jupyterlab/apputils-extension:announcements"

# A hub may put a volume in the place of the home: what a class copies from lies beside it too.
COPY book/editions/student /opt/confidence-neurons/chapters
RUN useradd --create-home --uid "${NB_UID}" "${NB_USER}" \
    && cp -r /opt/confidence-neurons/chapters "${HOME}/chapters" \
    && chown -R "${NB_UID}" "${HOME}"

USER ${NB_UID}
WORKDIR ${HOME}
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
